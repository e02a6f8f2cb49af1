"""What a file may be: photos drawn anew, PDFs looked through."""
