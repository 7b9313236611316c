"""What a sitting led to: score, verdict and, after release, every answer."""
