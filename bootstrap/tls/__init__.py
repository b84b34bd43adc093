"""Certificates: judging what exists (pair, chain, dates, names), and issuing what is missing."""
