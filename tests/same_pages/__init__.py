"""What every page and command says, written down for one revision and compared with another's."""
