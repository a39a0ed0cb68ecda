"""Keys and signers: an encrypted file by default."""
