import { Pool } from "pg";

export class Users {
  constructor(private readonly pool: Pool) {}

  async remove(id: number): Promise<void> {
    await this.pool.query(`DELETE FROM users WHERE id = $1`, [id]);
  }

  async rename(id: number, name: string): Promise<void> {
    await this.pool.query("UPDATE users SET name = $2 WHERE id = $1", [id, name]);
  }
}
