import React, { useState } from "react";

export default function Login({ onLogin }) {
  const [password, setPassword] = useState("");
  return (
    <form onSubmit={() => onLogin(password)}>
      <p>Don't share your password: it's yours.</p>
      <input type="password" placeholder="Password" value={password} onChange={(e) => setPassword(e.target.value)} />
      <button className="truncate">Delete from list</button>
    </form>
  );
}
