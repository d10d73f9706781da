package org.example;

import java.util.List;

public class User {
    private String password;
    private static final String SQL = "DELETE FROM users " + "WHERE id = ?";

    public void setPassword(String password) {
        this.password = password;
    }

    public int exec(List<String> args) {
        char quote = '"';
        return args.size() + quote;
    }
}
