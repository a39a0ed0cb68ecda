"""The commands of ``cangsu``, a file for each topic; ``service.cli`` puts them together."""
