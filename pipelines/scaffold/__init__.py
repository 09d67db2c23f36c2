"""Scaffold: what a file nobody has bound yet seems to be, as a proposal that people correct.

Belongs here: looking at a file, proposing contract, columns, dates, key, delivery and codes with reasons, writing them down.
Does not: commands and printing (cli), reading files (cleaning), deciding. Nothing personal is ever quoted.
"""
