//! Every cell of the table of permissions, by a real request.

use lamplight_auth::Role;
use lamplight_features::{Permission, permissions};
use serde_json::{Value, json};

use crate::support::{Institute, Member, PASSWORD, both_databases};

/// An id that nobody and nothing has.
const NOBODYS: &str = "019ab000-0000-7000-8000-000000000000";

/// Somebody of a role, and a token of theirs that holds.
struct Caller<'a> {
    role: Role,
    member: &'a Member,
    token: String,
}

impl<'a> Caller<'a> {
    fn new(role: Role, member: &'a Member) -> Self {
        Self { role, member, token: member.token.clone() }
    }

    /// A new token, after a route has ended those there were.
    async fn sign_in(&mut self, institute: &Institute) {
        let login = json!({ "email": self.member.name, "password": PASSWORD });
        let answer = institute.json("POST", "", "/api/auth/login", &login).await;
        assert_eq!(answer.status, 200, "{}", answer.json());
        self.token = answer.json()["token"].as_str().unwrap().to_owned();
    }
}

/// Asks without saying anything of use: nobody's ids, an empty object. The door is before all that.
async fn knock(institute: &Institute, permission: &Permission, token: &str) -> (u16, String) {
    let path = permission.path.split('/').map(|part| if part.starts_with('{') { NOBODYS } else { part });
    let path = path.collect::<Vec<_>>().join("/");
    let answer = match permission.method {
        "GET" | "HEAD" | "DELETE" => institute.bare(permission.method, token, &path).await,
        method => institute.json(method, token, &path, &json!({})).await,
    };
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    (answer.status, body["code"].as_str().unwrap_or_default().to_owned())
}

both_databases!(each_route_lets_in_exactly_whom_the_table_says, async |institute: Institute| {
    let people = &institute.people;
    let mut callers = [
        Caller::new(Role::Student, &people.asha),
        Caller::new(Role::Faculty, &people.teacher),
        Caller::new(Role::Admin, &people.office),
    ];
    let mut wrong = Vec::new();
    for permission in permissions() {
        let name = format!("{} {}", permission.method, permission.path);
        let (status, code) = knock(&institute, &permission, "").await;
        if (status == 401) != permission.roles.is_some() || status >= 500 {
            wrong.push(format!("{name}, nobody: {status} {code}"));
        }
        for caller in &mut callers {
            let (mut status, mut code) = knock(&institute, &permission, &caller.token).await;
            if status == 401 {
                caller.sign_in(&institute).await;
                (status, code) = knock(&institute, &permission, &caller.token).await;
            }
            let may = permission.roles.as_ref().is_none_or(|roles| roles.contains(&caller.role));
            let is_turned_away = (status, code.as_str()) == (403, "auth.wrong_role");
            if may == is_turned_away || status == 401 || status >= 500 {
                wrong.push(format!("{name}, {}: {status} {code}", caller.role));
            }
        }
    }
    assert!(wrong.is_empty(), "{} cells are not as the table says:\n{}", wrong.len(), wrong.join("\n"));
});

#[test]
fn addresses_keep_what_they_promise() {
    const OPEN: [&str; 9] = [
        "POST /api/auth/forgot-password",
        "POST /api/auth/login",
        "PUT /api/auth/reset-password/{token}",
        "GET /api/courses",
        "GET /api/courses/{id}",
        "GET /api/faculty",
        "GET /api/health",
        "GET /api/institute",
        "GET /api/public/courses",
    ];
    let mut open = Vec::new();
    for Permission { method, path, roles, .. } in permissions() {
        let Some(roles) = roles else {
            open.push(format!("{method} {path}"));
            continue;
        };
        if path.starts_with("/api/admin/") {
            assert!(!roles.contains(&Role::Student), "{method} {path} lets students in");
        }
        if path.starts_with("/api/student/") {
            assert_eq!(roles, [Role::Student], "{method} {path}");
        }
    }
    // Whoever opens another door writes it here.
    assert_eq!(open, OPEN);
}
