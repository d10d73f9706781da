import os
import sqlite3

PASSWORD = os.environ["DB_PASSWORD"]
api_key = os.getenv("API_KEY", "")
password_field = "password-input-7"
error = {"password": "Password is required"}


def remove_user(conn, user_id):
    conn.execute("DELETE FROM users WHERE id = ?", (user_id,))
    conn.execute(
        "UPDATE stats SET users = users - 1 "
        "WHERE day = date('now')"
    )


def find(conn, name):
    return conn.execute("SELECT id FROM users WHERE name LIKE ?", (f"%{name}%",)).fetchall()
