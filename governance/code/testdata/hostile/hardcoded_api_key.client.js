const client = new Client({ apiKey: `Zk3v9QpL2xW8nB5rT7yU1mC4` });
