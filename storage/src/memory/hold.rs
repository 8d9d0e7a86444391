//! What one request, memtable or answer has taken.

use super::{Account, NoRoom};

/// Bytes taken from an account. They go back when this is dropped.
#[derive(Debug)]
pub struct Hold {
    account: Account,
    bytes: usize,
}

impl Hold {
    pub(super) fn new(account: Account) -> Self {
        Self { account, bytes: 0 }
    }

    /// Bytes taken.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The account they are taken from.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Takes `bytes` more, all or none.
    pub fn grow(&mut self, bytes: usize) -> Result<(), NoRoom> {
        self.account.take(bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Gives `bytes` back, or all if it has fewer.
    pub fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.account.give(bytes);
        self.bytes -= bytes;
    }

    /// Grows or shrinks to `bytes`. On error it is as it was.
    pub fn resize(&mut self, bytes: usize) -> Result<(), NoRoom> {
        match bytes.checked_sub(self.bytes) {
            Some(more) => self.grow(more),
            None => {
                self.shrink(self.bytes - bytes);
                Ok(())
            }
        }
    }

    /// Grows or shrinks to `bytes` that are there already, whether that is too much or not.
    pub fn resize_anyway(&mut self, bytes: usize) {
        match bytes.checked_sub(self.bytes) {
            Some(more) => {
                self.account.take_anyway(more);
                self.bytes = bytes;
            }
            None => self.shrink(self.bytes - bytes),
        }
    }

    /// Takes over what `other` has.
    pub fn join(&mut self, mut other: Hold) {
        if self.account.is(&other.account) {
            self.bytes += std::mem::take(&mut other.bytes);
        } else {
            self.resize_anyway(self.bytes + other.bytes);
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.account.give(self.bytes);
    }
}
