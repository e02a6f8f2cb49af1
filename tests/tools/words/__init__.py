"""What `make check` asks of the English on screen: words that an American school says, spelled as it spells them."""
