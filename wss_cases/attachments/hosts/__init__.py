"""The records that attachments hang on, as one person meets them."""
