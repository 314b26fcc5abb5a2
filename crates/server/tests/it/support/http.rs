//! Requests and their answers.

use reqwest::{Method, header::HeaderMap};
use serde_json::Value;

use super::{Form, Institute, soon};

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = soon(response.bytes()).await.unwrap().to_vec();
        Self { status, headers, body }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{} is not JSON: {}", self.status, String::from_utf8_lossy(&self.body)))
    }

    /// The `data` of an answer that must have succeeded.
    pub(crate) fn data(&self) -> Value {
        let json = self.json();
        assert!((200..300).contains(&self.status) && json["success"] == true, "{} {json}", self.status);
        json["data"].clone()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and stable code of a refusal, whose shape is checked on the way.
    pub(crate) fn refusal(&self) -> (u16, String) {
        let json = self.json();
        assert_eq!(json["success"], false, "{} {json}", self.status);
        assert!(json["message"].as_str().is_some_and(|text| !text.is_empty()), "{json}");
        (self.status, json["code"].as_str().unwrap().to_owned())
    }

    /// The fields that a refusal names.
    pub(crate) fn fields(&self) -> Vec<String> {
        self.json()["fields"].as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn refuses(&self, status: u16, code: &str, fields: &[&str], what: &str) {
        assert_eq!((self.refusal(), self.fields()), ((status, code.to_owned()), strings(fields)), "{what}");
    }
}

pub(crate) fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// The texts under `key` of every item of a list.
pub(crate) fn each(list: &Value, key: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
}

/// The value of an `Authorization` header.
fn bearer(who: &str) -> String {
    format!("Bearer {who}")
}

impl Institute {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// A request by somebody; an empty token for nobody.
    pub(crate) fn request(&self, method: &str, who: impl AsRef<str>, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(Method::from_bytes(method.as_bytes()).unwrap(), self.url(path));
        match who.as_ref() {
            "" => request,
            token => request.header("Authorization", bearer(token)),
        }
    }

    pub(crate) async fn get(&self, who: impl AsRef<str>, path: &str) -> Answer {
        send(self.request("GET", who, path)).await
    }

    /// A request without a body.
    pub(crate) async fn bare(&self, method: &str, who: impl AsRef<str>, path: &str) -> Answer {
        send(self.request(method, who, path)).await
    }

    /// A request with a JSON body.
    pub(crate) async fn json(&self, method: &str, who: impl AsRef<str>, path: &str, body: &Value) -> Answer {
        send(self.request(method, who, path).json(body)).await
    }

    /// A request with whatever body.
    pub(crate) async fn raw(
        &self,
        (method, path): (&str, &str),
        who: impl AsRef<str>,
        kind: &str,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        send(self.request(method, who, path).header("Content-Type", kind).body(body)).await
    }

    pub(crate) async fn upload(&self, who: impl AsRef<str>, form: Form) -> Answer {
        self.raw(("POST", "/api/admin/downloads"), who, &Form::content_type(), form.finish()).await
    }

    /// Uploads what must be taken; gives the document.
    pub(crate) async fn uploaded(&self, who: impl AsRef<str>, form: Form) -> Value {
        let answer = self.upload(who, form).await;
        assert_eq!(answer.status, 201, "{}", answer.json());
        answer.data()
    }
}

pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
    Answer::read(soon(request.send()).await.unwrap()).await
}
