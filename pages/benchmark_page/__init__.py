"""The benchmark page: saved reports side by side, plots, and the descriptions behind them."""
