"""Readers and writers of the files in which offices hold questions and laws."""
