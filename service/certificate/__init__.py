"""The certificate: a signed bilingual PDF of a verified credential, with the credential inside."""
