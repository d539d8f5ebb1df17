"""How reports look: page, Markdown, JUnit, terminal."""
