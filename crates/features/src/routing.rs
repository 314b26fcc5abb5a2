//! Routes, with who may call them read off their handlers' types.

use lamplight_auth::Role;
use lamplight_http::Door;
use utoipa::openapi::security::SecurityRequirement;
use utoipa_axum::router::UtoipaMethodRouter;

/// The name of the one way to say who one is.
pub(crate) const SCHEME: &str = "bearer";

/// The routes of handlers at one address, as `utoipa_axum::routes`, described with the roles that their signatures let in.
macro_rules! routes {
    ($($handler:path),+ $(,)?) => {
        $crate::routing::together([
            $($crate::routing::guarded(utoipa_axum::routes!($handler), lamplight_http::door(&$handler))),+
        ])
    };
}
pub(crate) use routes;

/// Describes who may call these routes. Roles beside a scheme that is not OAuth are what OpenAPI 3.1 foresees (4.8.30).
pub(crate) fn guarded<S>((schemas, mut paths, router): UtoipaMethodRouter<S>, door: Door) -> UtoipaMethodRouter<S> {
    let requirement = match door {
        Door::Open => SecurityRequirement::default(),
        Door::Roles(roles) => SecurityRequirement::new(SCHEME, roles.iter().map(|role| role.as_str())),
    };
    for item in paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch, &mut item.head];
        for operation in operations.into_iter().flatten() {
            operation.security = Some(vec![requirement.clone()]);
        }
    }
    (schemas, paths, router)
}

/// Several methods of one address as one.
pub(crate) fn together<S: Clone + Send + Sync + 'static, const N: usize>(
    all: [UtoipaMethodRouter<S>; N],
) -> UtoipaMethodRouter<S> {
    all.into_iter().fold(UtoipaMethodRouter::default(), |(mut schemas, mut paths, router), (more, others, methods)| {
        schemas.extend(more);
        paths.merge(others);
        (schemas, paths, router.merge(methods))
    })
}

/// A route and who may call it, as the types of its handler say.
#[derive(Debug)]
pub struct Permission {
    /// Such as `GET`.
    pub method: &'static str,
    /// The address, with its parameters in braces.
    pub path: String,
    /// The roles that may come in; `None` for anybody, also without signing in.
    pub roles: Option<Vec<Role>>,
    /// What it does.
    pub about: String,
}

/// Every route, by address.
#[must_use]
pub fn permissions() -> Vec<Permission> {
    let mut all = Vec::new();
    for (path, item) in crate::openapi().paths.paths {
        let operations = [
            ("GET", item.get),
            ("POST", item.post),
            ("PUT", item.put),
            ("PATCH", item.patch),
            ("DELETE", item.delete),
            ("HEAD", item.head),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            let roles = operation.security.iter().flatten().find_map(roles_of);
            let about = operation.summary.unwrap_or_default();
            all.push(Permission { method, path: path.clone(), roles, about });
        }
    }
    all.sort_by(|a, b| (&a.path, a.method).cmp(&(&b.path, b.method)));
    all
}

/// The roles of a requirement; `None` for one that requires nothing.
fn roles_of(requirement: &SecurityRequirement) -> Option<Vec<Role>> {
    // The type does not let its parts be read.
    let requirement = serde_json::to_value(requirement).ok()?;
    let named = requirement.as_object()?.values().next()?;
    Some(named.as_array()?.iter().filter_map(|role| role.as_str()?.parse().ok()).collect())
}
