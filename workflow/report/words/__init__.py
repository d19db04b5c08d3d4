"""The words for people: plain text for a screen, a page or an export alike. No colour, no terminal, no markup."""
