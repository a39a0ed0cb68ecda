"""Solidity passes the shared vectors of tests/vectors, by really recording what they say."""


