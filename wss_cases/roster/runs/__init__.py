"""What became of each import: a record with its report, of refused ones too."""
