"""The chain through web3.py: connection, typed calls, log reads."""
