"""What every form and button writes, recorded for one revision and compared with another's."""
