//! The office's first page: a few figures of the whole institute.

use axum::{Json as Answer, extract::State};
use jiff::Span;
use lamplight_http::{Admin, ApiError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    App, courses, downloads, faculty, students,
    wire::{Envelope, data},
};

/// How many months the trend has, this one included.
const MONTHS: i64 = 6;

/// The institute in figures.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfficeDashboard {
    stats: OfficeTotals,
    /// Students who were admitted in each of the last six months, this one included; months without any are not in it.
    admission_trend: Vec<Admissions>,
    /// How many students each course has, the largest first.
    course_distribution: Vec<CourseShare>,
}

/// How many there are.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OfficeTotals {
    total_students: i64,
    total_faculty: u64,
    /// Those that are offered.
    total_courses: usize,
    /// Always 0: a gallery is not kept.
    total_gallery: u32,
    /// Always 0: news are not kept.
    total_news: u32,
    total_downloads: u64,
}

/// The students who were admitted in a month.
#[derive(Debug, Serialize, ToSchema)]
struct Admissions {
    #[serde(rename = "_id")]
    month: Month,
    count: i64,
}

/// A month.
#[derive(Debug, Serialize, ToSchema)]
struct Month {
    year: i32,
    /// 1 to 12.
    month: i32,
}

/// How many students a course has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CourseShare {
    course_name: String,
    count: i64,
}

/// The institute in figures.
#[utoipa::path(
    get, path = "/api/admin/dashboard/stats", tag = "dashboard",
    responses((status = 200, body = Envelope<OfficeDashboard>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn office_dashboard(
    State(app): State<App>,
    Admin(_): Admin,
) -> Result<Answer<Envelope<OfficeDashboard>>, ApiError> {
    let db = app.store.reader();
    let today = app.institute.today(app.store.clock().now());
    let first = today.first_of_month();
    let first = first.checked_sub(Span::new().months(MONTHS - 1)).unwrap_or(first);
    let groups = students::count_groups(db, None).await?;
    let courses = courses::list(db).await?;
    let mut shares: Vec<CourseShare> = courses
        .iter()
        .map(|course| CourseShare {
            course_name: course.name.clone(),
            count: groups.iter().filter(|group| group.course_id == course.id).map(|group| group.students).sum(),
        })
        .filter(|share| share.count > 0)
        .collect();
    shares.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.course_name.cmp(&b.course_name)));
    let trend = students::count_admitted(db, &first.to_string()).await?.into_iter().filter_map(|(month, count)| {
        let (year, month) = month.split_once('-')?;
        Some(Admissions { month: Month { year: year.parse().ok()?, month: month.parse().ok()? }, count })
    });
    let stats = OfficeTotals {
        total_students: groups.iter().map(|group| group.students).sum(),
        total_faculty: faculty::count_teachers(db, true, &[]).await?,
        total_courses: courses.iter().filter(|course| course.is_active != 0).count(),
        total_gallery: 0,
        total_news: 0,
        total_downloads: downloads::count(db).await?,
    };
    Ok(data(OfficeDashboard { stats, admission_trend: trend.collect(), course_distribution: shares }))
}
