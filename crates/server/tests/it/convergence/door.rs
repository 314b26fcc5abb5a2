//! What the office does over HTTP, with what it must lead to.

use std::net::SocketAddr;

use lamplight_kernel::{Room, Target};
use serde_json::json;

use crate::support::{Form, http::send};

use super::{
    history::{Saying, Who},
    people::Pen,
    plan::Crowd,
};

#[derive(Clone)]
pub(super) struct Door {
    pub(super) http: reqwest::Client,
    pub(super) pen: Pen,
}

fn saying(name: &str, key: &str, to: &[Room], except: &[Room]) -> Saying {
    let target = Target { to: to.to_vec(), except: except.to_vec(), until: None };
    Saying { name: format!("downloads:{name}"), key: key.to_owned(), target }
}

fn url(address: SocketAddr, path: &str) -> String {
    format!("http://{address}{path}")
}

impl Door {
    fn form(&self, title: &str, crowds: &[Crowd]) -> Form {
        let (audience, targets) = self.pen.names.choice(crowds);
        Form::titled(title).text("targetAudience", &audience).text("specificTargets", &targets.to_string())
    }

    fn post(&self, address: SocketAddr, office: &str, form: Form) -> reqwest::RequestBuilder {
        let request = self.http.post(url(address, "/api/admin/downloads")).bearer_auth(office);
        request.header("Content-Type", Form::content_type()).body(form.finish())
    }

    async fn upload_titled(&self, address: SocketAddr, office: &str, title: &str, crowds: &[Crowd]) -> String {
        let rooms = self.pen.names.audience(crowds);
        let act = self.pen.chronicle.begin(vec![saying("created", title, &rooms, &[])], None);
        let answer = send(self.post(address, office, self.form(title, crowds))).await;
        self.pen.chronicle.done(act);
        answer.data()["_id"].as_str().unwrap().to_owned()
    }

    /// Uploads study material; gives its id.
    pub(super) async fn upload(&self, address: SocketAddr, office: &str, crowds: &[Crowd]) -> Option<String> {
        Some(self.upload_titled(address, office, &self.pen.chronicle.mark(), crowds).await)
    }

    /// An upload whose answer may never come.
    pub(super) async fn upload_or_not(&self, address: SocketAddr, office: &str) {
        let (title, crowds) = (self.pen.chronicle.mark(), [Crowd::All]);
        let rooms = self.pen.names.audience(&crowds);
        let act = self.pen.chronicle.begin(vec![saying("created", &title, &rooms, &[])], None);
        let answer = self.post(address, office, self.form(&title, &crowds)).send().await;
        if answer.is_ok_and(|answer| answer.status() == 201) {
            self.pen.chronicle.done(act);
        }
    }

    /// See [`Pen::ring`].
    pub(super) async fn ring(&self, address: SocketAddr, office: &str, number: u64) {
        let title = format!("{}{number}", super::device::BELL);
        self.upload_titled(address, office, &title, &[Crowd::All]).await;
    }

    /// Changes the title, and perhaps the audience, of study material.
    pub(super) async fn edit(
        &self,
        address: SocketAddr,
        office: &str,
        id: &str,
        old: &[Room],
        audience: Option<&(&[Crowd], Vec<Room>)>,
    ) {
        let title = self.pen.chronicle.mark();
        let mut change = json!({"title": title});
        let new = audience.map_or(old, |(_, rooms)| rooms);
        if let Some((crowds, _)) = audience {
            let (audience, targets) = self.pen.names.choice(crowds);
            change["targetAudience"] = json!(audience);
            change["specificTargets"] = targets;
        }
        let mut says = Vec::new();
        if old != new {
            says.push(saying("deleted", id, old, new));
            says.push(saying("created", &title, new, old));
        }
        says.push(saying("updated", &title, new, &[]));
        let act = self.pen.chronicle.begin(says, None);
        let request = self.http.put(url(address, &format!("/api/admin/downloads/{id}"))).bearer_auth(office);
        send(request.json(&change)).await.data();
        self.pen.chronicle.done(act);
    }

    pub(super) async fn delete(&self, address: SocketAddr, office: &str, id: &str, rooms: &[Room]) {
        let act = self.pen.chronicle.begin(vec![saying("deleted", id, rooms, &[])], None);
        let request = self.http.delete(url(address, &format!("/api/admin/downloads/{id}"))).bearer_auth(office);
        assert_eq!(send(request).await.status, 200, "deleting");
        self.pen.chronicle.done(act);
    }

    /// Another password for somebody, whose token it is.
    pub(super) async fn password(&self, address: SocketAddr, who: Who, token: &str) {
        let (old, new) = (self.pen.person(who).password, format!("lamp of the night {}", self.pen.chronicle.mark()));
        let change = json!({"currentPassword": old, "newPassword": new, "confirmPassword": new});
        let request = self.http.put(url(address, "/api/auth/change-password")).bearer_auth(token).json(&change);
        self.pen.sign_out(who, new, async { send(request).await.status }).await;
    }
}
