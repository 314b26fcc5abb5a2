//! Who may come in by a route, read off the types of its handler.
//!
//! A handler says in its signature who may call it: [`Admin`], [`Staff`], [`Student`], [`SignedIn`], or none of them. [`door`] reads that
//! back, so that the API's description and the table of permissions are made from the same types that keep the door, and can't
//! say anything else.

use axum::extract::{Multipart, Request, State, multipart::MultipartRejection};
use http::HeaderMap;
use lamplight_auth::Role;

use crate::{Admin, Json, Params, PathId, SignedIn, Staff, Student, Visitor};

/// Who may come in. What somebody may do behind the door (a course they teach, a record of their own) is decided there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Anybody, without signing in.
    Open,
    /// Whoever is signed in in one of these roles.
    Roles(&'static [Role]),
}

impl Door {
    const fn narrowed(self, other: Self) -> Self {
        match self {
            Self::Open => other,
            Self::Roles(_) => self,
        }
    }
}

/// A parameter of a handler, and who may come in past it.
pub trait Asks {
    /// Whom it lets in.
    const DOOR: Door = Door::Open;
}

impl Asks for Admin {
    const DOOR: Door = Door::Roles(&[Role::Admin]);
}
impl Asks for Staff {
    const DOOR: Door = Door::Roles(&[Role::Faculty, Role::Admin]);
}
impl Asks for Student {
    const DOOR: Door = Door::Roles(&[Role::Student]);
}
impl Asks for SignedIn {
    const DOOR: Door = Door::Roles(&[Role::Student, Role::Faculty, Role::Admin]);
}
impl<T> Asks for State<T> {}
impl<T> Asks for Json<T> {}
impl<T> Asks for PathId<T> {}
impl Asks for Params {}
impl Asks for Visitor {}
impl Asks for HeaderMap {}
impl Asks for Request {}
impl Asks for Result<Multipart, MultipartRejection> {}

/// A handler, by the types of its parameters.
pub trait Handles<Parameters> {
    /// Who may call it.
    const DOOR: Door;
}

macro_rules! handles {
    ($($parameter:ident)*) => {
        impl<Handler, Answer, $($parameter: Asks),*> Handles<($($parameter,)*)> for Handler
        where
            Handler: Fn($($parameter),*) -> Answer,
            Answer: Future,
        {
            const DOOR: Door = Door::Open$(.narrowed($parameter::DOOR))*;
        }
    };
}

handles!();
handles!(A);
handles!(A B);
handles!(A B C);
handles!(A B C D);
handles!(A B C D E);
handles!(A B C D E F);
handles!(A B C D E F G);

/// Who may call this handler.
pub const fn door<Parameters, Handler: Handles<Parameters>>(_: &Handler) -> Door {
    Handler::DOOR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_says_who_may_call_it() {
        async fn health() {}
        async fn seen_by_all(_: State<()>, _: SignedIn) {}
        async fn for_staff(_: State<()>, _: Staff, _: Params) {}
        async fn for_the_office(_: State<()>, _: PathId<u8>, _: Admin, _: Json<()>) {}
        async fn for_students(_: Student) {}
        assert_eq!(door(&health), Door::Open);
        assert_eq!(door(&seen_by_all), Door::Roles(&[Role::Student, Role::Faculty, Role::Admin]));
        assert_eq!(door(&for_staff), Door::Roles(&[Role::Faculty, Role::Admin]));
        assert_eq!(door(&for_the_office), Door::Roles(&[Role::Admin]));
        assert_eq!(door(&for_students), Door::Roles(&[Role::Student]));
    }
}
