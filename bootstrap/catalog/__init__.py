"""Operator catalogs (FBC): what a catalog image lists, read out of its layers."""
