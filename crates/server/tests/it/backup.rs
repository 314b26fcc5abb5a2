//! `lamplight backup` and `restore`, with the program itself and a server that goes on writing.

use std::{
    fs,
    os::unix::fs::{MetadataExt, chown},
    path::Path,
};

use serde_json::{Value, json};

use crate::support::{
    Form, PASSWORD,
    form::pdf,
    program::{Running, Said, lamplight, run},
    soon,
};

fn settings(folder: &Path, data: &str) -> Vec<(&'static str, String)> {
    let data = folder.join(data).to_str().unwrap().to_owned();
    [("HOST", "127.0.0.1"), ("PORT", "0"), ("DATA_DIR", &data), ("LOG", "error"), ("DRAIN_SECONDS", "0")]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec()
}

async fn said(folder: &Path, data: &str, arguments: &[&str]) -> Said {
    run(lamplight(folder, &settings(folder, data), arguments), PASSWORD).await
}

#[track_caller]
fn refuses(said: &Said, reason: &str) {
    assert!(!said.success && said.err.contains(reason), "{said:?}");
}

/// The office, at a server.
struct Office {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Office {
    async fn new(running: &Running) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let base = format!("http://{}", running.address);
        let login = json!({"email": "leela", "password": PASSWORD});
        let answer = soon(http.post(format!("{base}/api/auth/login")).json(&login).send()).await.unwrap();
        let session: Value = answer.json().await.unwrap();
        Self { http, base, token: session["token"].as_str().unwrap_or_else(|| panic!("{session}")).to_owned() }
    }

    async fn upload(&self, title: &str) -> String {
        let request = self.http.post(format!("{}/api/admin/downloads", self.base)).bearer_auth(&self.token);
        let request = request.header("Content-Type", Form::content_type()).body(Form::titled(title).finish());
        let answer: Value = soon(request.send()).await.unwrap().json().await.unwrap();
        answer["data"]["_id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    async fn delete(&self, id: &str) {
        let request = self.http.delete(format!("{}/api/admin/downloads/{id}", self.base)).bearer_auth(&self.token);
        assert_eq!(soon(request.send()).await.unwrap().status(), 200);
    }

    async fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let request = self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let answer = soon(request.send()).await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
    }

    /// The titles of the study material, by the ids.
    async fn titles(&self) -> Vec<(String, String)> {
        let (_, body) = self.get("/api/admin/downloads?limit=200").await;
        let list: Value = serde_json::from_slice(&body).unwrap();
        let text = |item: &Value, key: &str| item[key].as_str().unwrap().to_owned();
        let items = list["data"]["downloads"].as_array().unwrap();
        items.iter().map(|item| (text(item, "_id"), text(item, "title"))).collect()
    }
}

async fn founded(folder: &Path) -> Running {
    let create = ["admin", "create", "--username", "leela", "--email", "leela@nursing.example", "--name", "Leela"];
    let made = said(folder, "data", &create).await;
    assert!(made.success, "{made:?}");
    Running::start(lamplight(folder, &settings(folder, "data"), &["serve"])).await
}

#[tokio::test]
async fn a_backup_of_a_running_server_is_put_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let running = founded(at).await;
    let office = Office::new(&running).await;
    for title in ["Anatomy", "Ethics"] {
        office.upload(title).await;
    }
    let deleted = office.upload("Withdrawn").await;
    office.delete(&deleted).await;
    // It goes on meanwhile.
    let writing = async {
        for number in 0..20 {
            office.upload(&format!("meanwhile {number}")).await;
        }
    };
    let (made, ()) = tokio::join!(said(at, "data", &["backup", "kept"]), writing);
    assert!(made.success, "{made:?}");
    refuses(&said(at, "data", &["backup", "kept"]).await, "exists already");
    office.upload("afterwards").await;
    let before = office.titles().await;
    refuses(&said(at, "data", &["restore", "kept"]).await, "in use by another process");
    running.kill().await;
    refuses(&said(at, "data", &["restore", "kept"]).await, "never laid over it");

    // What a killed server has left beside its database is not taken for the restored one's: neither where it was, nor under the name of before.
    fs::create_dir(at.join("new")).unwrap();
    fs::copy(at.join("data/lamplight.db-wal"), at.join("new/lamplight.db.restoring-wal")).unwrap();
    for name in ["lamplight.db", "files"] {
        fs::rename(at.join("data").join(name), at.join(name)).unwrap();
    }
    refuses(&said(at, "data", &["restore", "kept"]).await, "lamplight.db-wal");

    let restored = said(at, "new", &["restore", "kept"]).await;
    assert!(restored.success, "{restored:?}");
    let running = Running::start(lamplight(at, &settings(at, "new"), &["serve"])).await;
    let old = Office { base: format!("http://{}", running.address), ..office };
    assert_eq!(old.get("/api/auth/me").await.0, 401, "the tokens of before hold no more");
    let office = Office::new(&running).await;
    let now = office.titles().await;
    let names: Vec<&str> = now.iter().map(|(_, title)| title.as_str()).collect();
    assert!(names.contains(&"Anatomy") && names.contains(&"Ethics"), "{names:?}");
    assert!(!names.contains(&"afterwards") && !names.contains(&"Withdrawn"), "{names:?}");
    for (id, title) in &now {
        assert!(before.contains(&(id.clone(), title.clone())), "{title}");
        let (status, bytes) = office.get(&format!("/api/downloads/{id}/file")).await;
        assert_eq!((status, bytes), (200, pdf(title)), "{title}");
    }
    running.terminate().await;
}

#[tokio::test]
async fn what_is_damaged_is_not_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let running = founded(at).await;
    Office::new(&running).await.upload("Anatomy").await;
    running.terminate().await;
    assert!(said(at, "data", &["backup", "kept"]).await.success);
    refuses(&said(at, "new", &["restore", "data"]).await, "is no backup");
    let change = |path: &Path| {
        let whole = fs::read(path).unwrap();
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        fs::write(path, changed).unwrap();
        whole
    };
    let database = at.join("kept/lamplight.db");
    let whole = change(&database);
    refuses(&said(at, "new", &["restore", "kept"]).await, "damaged");
    fs::write(&database, whole).unwrap();
    let mut file = at.join("kept/files");
    while file.is_dir() {
        file = fs::read_dir(&file).unwrap().next().unwrap().unwrap().path();
    }
    let whole = change(&file);
    refuses(&said(at, "new", &["restore", "kept"]).await, "damaged");
    assert!(!at.join("new/lamplight.db").exists(), "no server takes it for an institute");
    fs::write(&file, whole).unwrap();
    assert!(said(at, "new", &["restore", "kept"]).await.success);
    // The folder is for nobody else's eyes.
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(at.join("kept")).unwrap().permissions());
    assert_eq!(mode & 0o77, 0);
}

/// Everything in a folder that does not belong to this account.
fn others_below(folder: &Path, account: u32) -> Vec<String> {
    let mut others = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        if (metadata.uid(), metadata.gid()) != (account, account) {
            others.push(path.display().to_string());
        }
        if metadata.is_dir() {
            others.extend(others_below(&path, account));
        }
    }
    others
}

#[tokio::test]
async fn what_root_restores_belongs_to_the_account_of_the_folder() {
    const NOBODY: u32 = 65534;
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        println!("not tried: only root gives something away");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let running = founded(at).await;
    Office::new(&running).await.upload("Anatomy").await;
    running.terminate().await;
    assert!(said(at, "data", &["backup", "kept"]).await.success);

    let new = at.join("new");
    fs::create_dir(&new).unwrap();
    chown(&new, Some(NOBODY), Some(NOBODY)).unwrap();
    // That account may have laid a link where root will write; what is behind it stays root's.
    let (secret, link) = (at.join("secret of root"), new.join("lamplight.db.lock"));
    fs::write(&secret, "").unwrap();
    std::os::unix::fs::symlink(&secret, &link).unwrap();
    refuses(&said(at, "new", &["restore", "kept"]).await, "can't be given to the account of DATA_DIR");
    assert_eq!(fs::metadata(&secret).unwrap().uid(), 0);
    fs::remove_file(&link).unwrap();

    let restored = said(at, "new", &["restore", "kept"]).await;
    assert!(restored.success, "{restored:?}");
    assert_eq!(others_below(&new, NOBODY), Vec::<String>::new());
    for name in ["lamplight.db", "lamplight.db.lock", "jwt.secret", "files"] {
        assert!(new.join(name).exists(), "{name}");
    }

    // A database elsewhere, with the folders on the way to it; a folder that root makes itself stays root's.
    let elsewhere = at.join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    chown(&elsewhere, Some(NOBODY), Some(NOBODY)).unwrap();
    let database = format!("sqlite:{}", elsewhere.join("below/it/institute.db").display());
    let mut settings = settings(at, "elsewhere");
    settings.push(("DATABASE_URL", database));
    let restored = run(lamplight(at, &settings, &["restore", "kept"]), "").await;
    assert!(restored.success, "{restored:?}");
    assert_eq!(others_below(&elsewhere, NOBODY), Vec::<String>::new());
    assert!(said(at, "own", &["restore", "kept"]).await.success);
    assert_eq!(others_below(&at.join("own"), 0), Vec::<String>::new());

    // A backup that root makes while no server runs leaves nothing of root's behind but its note, which everybody may read.
    let made = said(at, "new", &["backup", "again"]).await;
    assert!(made.success, "{made:?}");
    let left = others_below(&new, NOBODY);
    assert!(left.iter().all(|path| path.ends_with("last-backup.json")), "{left:?}");
}
