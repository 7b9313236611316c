"""What answers say of a question: its measured difficulty and its flags, as the bank keeps them."""
