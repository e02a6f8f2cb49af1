"""Who at home may be told of something, and what a call does not say."""
