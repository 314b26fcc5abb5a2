//! What the stories stand on.

pub(crate) mod authority;
pub(crate) mod form;
pub(crate) mod http;
pub(crate) mod institute;
pub(crate) mod live;
pub(crate) mod program;
pub(crate) mod proxy;
pub(crate) mod traces;
pub(crate) mod wire;

use std::time::Duration;

pub(crate) use form::{Form, PDF, PNG};
pub(crate) use http::Answer;
pub(crate) use institute::{Institute, Member, PASSWORD};
pub(crate) use lamplight_store::Backend;
pub(crate) use live::{Heard, Live, Seat};

/// Nothing here takes this long unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("nothing happened for too long")
}

/// Waits for what nobody announces, such as a file that another thread removes.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let look = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    if tokio::time::timeout(PATIENCE, look).await.is_err() {
        panic!("this did not come to be: {what}");
    }
}

/// Whatever a story did, the sums of attendance are what its records add up to, and what triggers keep is what the rows say. Nothing is
/// asked of a database that the story closed, or whose folder went with it.
pub(crate) async fn sums_are_right(store: &lamplight_store::Store) {
    let Ok(wrong) = lamplight_features::attendance::find_wrong_sums(store.reader()).await else { return };
    assert_eq!(wrong, 0, "sums of attendance that are not what the records add up to");
    let kept = async {
        let wrong = store.count_wrong().await?;
        store.check_indexes().await?;
        Ok::<_, lamplight_store::StoreError>(wrong)
    };
    match kept.await {
        Err(error) if error.to_string().contains("unable to open database file") => {}
        wrong => assert_eq!(wrong.unwrap(), 0, "counts, or texts for searching, that are not what the rows say"),
    }
}

/// Makes two tests of one story: `both_databases!(name, async |institute: Institute| { ... })`.
macro_rules! both_databases {
    ($name:ident, $story:expr) => {
        mod $name {
            use super::*;

            #[tokio::test]
            async fn sqlite() {
                let story = $story;
                let institute = crate::support::Institute::open(crate::support::Backend::Sqlite).await;
                let store = institute.store().clone();
                story(institute).await;
                crate::support::sums_are_right(&store).await;
            }

            #[tokio::test]
            async fn postgres() {
                let story = $story;
                let institute = crate::support::Institute::open(crate::support::Backend::Postgres).await;
                let store = institute.store().clone();
                story(institute).await;
                crate::support::sums_are_right(&store).await;
            }
        }
    };
}
pub(crate) use both_databases;
