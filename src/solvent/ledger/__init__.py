"""Ledger: who holds what.

State tables, position slots and the postings that move money and lots. It knows no price and no
rule. What always holds: per asset, wallets plus spot balances less open cost
sum to zero; per instrument, lots sum to zero; every posting has two ends.
"""
