"""The roster that coordinators keep, by hand and by workbook."""
