"""The verbs, one file each: receive, seal, anchor, confirm, reconcile, register, claim. Each is safe to repeat."""
