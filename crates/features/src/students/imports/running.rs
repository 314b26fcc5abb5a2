//! How far imports are that this process is applying.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use lamplight_kernel::StudentImportId;

/// The imports that are being applied now. Another node's are not among them: there the page sees only that it is not applied yet.
#[derive(Debug, Clone, Default)]
pub struct Running(Arc<Mutex<HashMap<StudentImportId, Progress>>>);

/// How far one is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<AtomicUsize>);

impl Progress {
    pub(super) fn advance(&self, rows: usize) {
        self.0.fetch_add(rows, Ordering::Relaxed);
    }

    pub(super) fn rows(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counts as running for as long as this is kept.
#[derive(Debug)]
pub(super) struct Turn {
    running: Running,
    id: StudentImportId,
    pub(super) progress: Progress,
}

impl Running {
    fn map(&self) -> MutexGuard<'_, HashMap<StudentImportId, Progress>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that an import begins; nothing when it is running already.
    pub(super) fn begin(&self, id: StudentImportId) -> Option<Turn> {
        let progress = Progress::default();
        let mut map = self.map();
        if map.contains_key(&id) {
            return None;
        }
        map.insert(id, progress.clone());
        drop(map);
        Some(Turn { running: self.clone(), id, progress })
    }

    /// How many rows of it are written, if it is running here.
    pub(super) fn rows(&self, id: StudentImportId) -> Option<usize> {
        self.map().get(&id).map(Progress::rows)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.running.map().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn one_at_a_time_and_gone_when_it_ends() {
        let (running, id) = (Running::default(), StudentImportId::from_uuid(Uuid::from_u128(1)));
        let turn = running.begin(id).unwrap();
        assert!(running.begin(id).is_none());
        turn.progress.advance(250);
        assert_eq!(running.rows(id), Some(250));
        drop(turn);
        assert_eq!(running.rows(id), None);
        assert!(running.begin(id).is_some());
    }
}
