"""What people report about questions they have answered (题目纠错), and what is answered to them."""
