"""Rosters uploaded as workbooks: read, judged row by row, imported all or nothing."""
