package p

func wipe(db *sql.DB) {
	db.Exec("DELETE FROM " + "audit WHERE 2=2")
}
