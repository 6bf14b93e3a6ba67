/** The name of the SQLite database in a node's directory: here, since reading it must not load the database itself. */
export const DATABASE_FILE = 'till.sqlite3';
