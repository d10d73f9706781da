def wipe(conn):
    conn.execute("DROP"
                 " TABLE reports")
