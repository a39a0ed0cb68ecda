"""Providers of OpenID Connect: their settings, and how they are asked over HTTP."""
