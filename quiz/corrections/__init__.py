"""What the office puts right afterwards: voiding and marking anew."""
