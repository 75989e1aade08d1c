//! The records in an embedded database.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use redb::{ReadableDatabase, ReadableTable, TableDefinition};

use super::of_io;
use crate::node::{StoreError, Write};

const RECORDS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("records");

/// The database. After an error it is opened anew: it trusts nothing that it has in memory then.
pub(super) struct Database {
    path: PathBuf,
    open: Option<redb::Database>,
}

impl Database {
    /// Opens or makes it, and reads all records in the order of their keys.
    pub fn open(path: &Path) -> Result<(Self, Vec<(String, Bytes)>), redb::Error> {
        let database = redb::Database::create(path)?;
        let making = database.begin_write()?;
        making.open_table(RECORDS)?;
        making.commit()?;
        let reading = database.begin_read()?;
        let table = reading.open_table(RECORDS)?;
        let mut records = Vec::new();
        for entry in table.iter()? {
            let (key, value) = entry?;
            records.push((key.value().to_owned(), Bytes::copy_from_slice(value.value())));
        }
        Ok((Self { path: path.to_owned(), open: Some(database) }, records))
    }

    /// Everything in one transaction, or nothing.
    pub fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        if writes.iter().all(|write| write.records.is_empty()) && self.open.is_some() {
            return Ok(());
        }
        let database = match self.open.take() {
            Some(database) => database,
            None => redb::Database::create(&self.path).map_err(|error| meaning(&error.into()))?,
        };
        write(&database, writes).map_err(|error| {
            tracing::debug!(%error, "database");
            meaning(&error)
        })?;
        self.open = Some(database);
        Ok(())
    }
}

fn write(database: &redb::Database, writes: &[Write]) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut table = transaction.open_table(RECORDS)?;
        for (key, value) in writes.iter().flat_map(|write| &write.records) {
            match value {
                Some(value) => table.insert(key.as_str(), value.as_ref()).map(|_| ())?,
                None => table.remove(key.as_str()).map(|_| ())?,
            }
        }
    }
    Ok(transaction.commit()?)
}

fn meaning(error: &redb::Error) -> StoreError {
    match error {
        redb::Error::Io(error) => of_io(error),
        _ => StoreError::Unavailable,
    }
}
