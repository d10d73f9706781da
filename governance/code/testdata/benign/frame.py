import pandas as pd

df = pd.read_csv("sales.csv")
df.eval("margin = price - cost", inplace=True)
top = df.query("margin > 10").groupby("region").sum()
df.drop("cost", axis=1, inplace=True)
print(top.to_string(), "truncate", "delete from here")
