//! Documents of configuration and group management (TS 24.484, TS 24.481) beside the configuration file.
//!
//! What a document says goes before what the file says: an organisation provisions its servers by documents, the file is
//! for what they leave open.

use std::path::{Path, PathBuf};

use call_control::config as cc;
use mcptt_codec::xml::group_document::{self as gd, GroupDocument, GroupKind, ListService, group_action};
use mcptt_codec::xml::location_info::{Configuration, LocationInfo, LocationItem};
use mcptt_codec::xml::service_configuration::{FcTimersCounters, OnNetwork, ServiceConfiguration};
use media_plane::tables::Value;

use super::floor::Provisioned;
use super::{FileError, file};

/// Documents that were read.
#[derive(Debug, Default)]
pub(super) struct Documents {
    service: Option<(String, ServiceConfiguration)>,
    groups: Vec<(String, ListService)>,
    location: Option<(String, LocationInfo)>,
}

impl Documents {
    /// Reads the documents that the configuration file names, in its folder.
    pub(super) fn read(named: &file::Documents, folder: &Path) -> Result<Self, FileError> {
        let mut documents = Self::default();
        if let Some(name) = &named.service_configuration {
            let (path, octets) = octets(folder, name)?;
            let document = ServiceConfiguration::parse(&octets)
                .map_err(|error| FileError::Document { path: path.clone(), error: error.to_string() })?;
            //= 24.484-sc
            let missing = document.missing();
            if !missing.is_empty() {
                let error = format!("it lacks {}", missing.join(", "));
                return Err(FileError::Document { path, error });
            }
            documents.service = Some((path, document));
        }
        for name in &named.groups {
            let (path, octets) = octets(folder, name)?;
            let wrong = |error: String| FileError::Document { path: path.clone(), error };
            let document = GroupDocument::parse(&octets).map_err(|error| wrong(error.to_string()))?;
            let group = document.group().ok_or_else(|| wrong("it has no group".to_owned()))?;
            group.check_mcptt_group().map_err(|error| wrong(error.to_string()))?;
            documents.groups.push((path, group.clone()));
        }
        if let Some(name) = &named.location_configuration {
            let (path, octets) = octets(folder, name)?;
            let examined = LocationInfo::examine(&octets)
                .map_err(|error| FileError::Document { path: path.clone(), error: error.to_string() })?;
            if let Some(deviation) = examined.deviations.first() {
                return Err(FileError::Document { path, error: deviation.to_string() });
            }
            documents.location = Some((path, examined.value));
        }
        Ok(documents)
    }

    /// What clients are told to report of their location.
    ///
    /// # Errors
    /// [`FileError::Document`]: the document is no configuration.
    pub(super) fn location(&self) -> Result<Option<Configuration>, FileError> {
        let Some((path, document)) = &self.location else { return Ok(None) };
        let configuration = document.items.iter().find_map(|item| match item {
            LocationItem::Configuration(configuration) => Some(configuration.as_ref().clone()),
            _ => None,
        });
        let none = || FileError::Document { path: path.clone(), error: "it has no Configuration".to_owned() };
        configuration.map(Some).ok_or_else(none)
    }

    /// Timers, counters and limits of floor control that the service configuration sets.
    pub(super) fn provisioned(&self) -> Vec<Provisioned> {
        let Some((path, document)) = &self.service else { return Vec::new() };
        let Some(on_network) = document.on_network() else { return Vec::new() };
        let place = |element: &str| format!("{path}: {element}");
        let mut found: Vec<Provisioned> = on_network
            .fc_timers_counters
            .iter()
            .flat_map(timers)
            .map(|(element, name, value)| Provisioned {
                setting: place(&format!("fc-timers-counters/{element}")),
                name,
                value,
            })
            .collect();
        found.extend(on_network.talk_limit().map(|limit| Provisioned {
            setting: place("transmit-time/time-limit"),
            name: "T2",
            value: Value::Time(limit),
        }));
        found
    }

    /// How many requests may wait, with where that is said.
    pub(super) fn queue_depth(&self) -> Option<(String, usize)> {
        let (path, document) = self.service.as_ref()?;
        let depth = document.on_network()?.floor_control_queue.as_ref()?.depth?;
        Some((format!("{path}: floor-control-queue/depth"), depth.into()))
    }

    /// Puts what the service configuration says over what call control was told.
    pub(super) fn apply_service(&self, config: &mut cc::Config) {
        if let Some((_, document)) = &self.service {
            apply_service(document, &mut config.service, &mut config.private_calls, &mut config.adhoc);
        }
    }

    /// Puts the groups of the documents in the place of those of the file, and the others behind them.
    ///
    /// # Errors
    /// [`FileError::Value`]: a hang timer that T4 cannot have.
    pub(super) fn apply_groups(&self, groups: &mut Vec<cc::Group>) -> Result<(), FileError> {
        for (path, document) in &self.groups {
            check_hang_timer(path, document)?;
            let group = group(document);
            match groups.iter_mut().find(|one| one.group_id == group.group_id) {
                Some(one) => *one = group,
                None => groups.push(group),
            }
        }
        Ok(())
    }
}

/// Puts what a service configuration says over what call control was told.
pub(crate) fn apply_service(
    document: &ServiceConfiguration,
    service: &mut cc::ServiceConfig,
    private: &mut cc::PrivateCallsConfig,
    adhoc: &mut cc::AdhocConfig,
) {
    let Some(on_network) = document.on_network() else { return };
    if let Some(levels) = on_network.num_levels_priority_hierarchy {
        service.priority_levels = levels.0;
    }
    if let Some(limit) = on_network.emergency_time_limit() {
        service.emergency_time_limit = Some(limit);
    }
    if let Some(limit) = on_network.talk_limit() {
        //= 24.484-t2
        service.talk_limit = Some(limit);
    }
    if on_network.signalling_protection.is_some() {
        service.confidentiality_protection = on_network.confidentiality_protection();
        service.integrity_protection = on_network.integrity_protection();
    }
    resource_priorities(on_network, service);
    super::private_calls::apply(on_network, private);
    super::adhoc_calls::apply(on_network, adhoc);
}

/// Whether T4 can have the hang timer of a group.
///
/// # Errors
/// [`FileError::Value`] names the element and what is allowed.
pub(crate) fn check_hang_timer(path: &str, document: &ListService) -> Result<(), FileError> {
    let Some(hang_timer) = document.hang_timer() else { return Ok(()) };
    let setting = format!("{path}: on-network-hang-timer");
    super::floor::check(&Provisioned { setting, name: "T4", value: Value::Time(hang_timer) })
}

fn octets(folder: &Path, name: &Path) -> Result<(String, Vec<u8>), FileError> {
    let path: PathBuf = folder.join(name);
    let shown = path.display().to_string();
    match std::fs::read(&path) {
        Ok(octets) => Ok((shown, octets)),
        Err(error) => Err(FileError::Unreadable { path: shown, error }),
    }
}

/// What stands in `fc-timers-counters`: element, name in clause 11, value.
fn timers(document: &FcTimersCounters) -> Vec<(&'static str, &'static str, Value)> {
    let time = |value: Option<std::time::Duration>| value.map(Value::Time);
    // A counter beyond what a counter can be is refused with the range of the counter.
    let count = |value: Option<u16>| value.map(|count| Value::Count(u8::try_from(count).unwrap_or(0)));
    [
        ("T1-end-of-rtp-media", "T1", time(document.t1_end_of_rtp_media)),
        ("T3-stop-talking-grace", "T3", time(document.t3_stop_talking_grace)),
        ("T7-floor-idle", "T7", time(document.t7_floor_idle)),
        ("T8-floor-revoke", "T8", time(document.t8_floor_revoke)),
        ("T11-end-of-RTP-dual", "T11", time(document.t11_end_of_rtp_dual)),
        ("T12-stop-talking-dual", "T12", time(document.t12_stop_talking_dual)),
        ("T15-conversation", "T15", time(document.t15_conversation)),
        ("T16-map-group-to-bearer", "T16", time(document.t16_map_group_to_bearer)),
        ("T17-unmap-group-to-bearer", "T17", time(document.t17_unmap_group_to_bearer)),
        ("T20-floor-granted", "T20", time(document.t20_floor_granted)),
        ("T55-connect", "T55", time(document.t55_connect)),
        ("T56-disconnect", "T56", time(document.t56_disconnect)),
        ("C7-floor-idle", "C7", count(document.c7_floor_idle)),
        ("C17-unmap-group-to-bearer", "C17", count(document.c17_unmap_group_to_bearer)),
        ("C20-floor-granted", "C20", count(document.c20_floor_granted)),
        ("C55-connect", "C55", count(document.c55_connect)),
        ("C56-disconnect", "C56", count(document.c56_disconnect)),
    ]
    .into_iter()
    .filter_map(|(element, name, value)| Some((element, name, value?)))
    .collect()
}

fn resource_priorities(on_network: &OnNetwork, service: &mut cc::ServiceConfig) {
    for (said, place) in [
        (&on_network.emergency_resource_priority, &mut service.emergency_resource_priority),
        (&on_network.imminent_peril_resource_priority, &mut service.imminent_peril_resource_priority),
        (&on_network.normal_resource_priority, &mut service.normal_resource_priority),
    ] {
        if let Some(value) = said.as_ref().and_then(|said| said.header_value()) {
            *place = value.into();
        }
    }
}

/// The group that a document describes.
pub(crate) fn group(document: &ListService) -> cc::Group {
    let members = document.members().map(|entry| member(document, entry)).collect();
    let mut group = cc::Group::prearranged(document.uri.clone(), members);
    group.disabled = document.is_disabled();
    group.invite_members = document.kind() == GroupKind::Prearranged;
    group.max_participants = document.max_participants();
    group.minimum_to_start = document.minimum_to_start();
    group.acknowledgement = document.acknowledgement_timeout().map(|timeout| cc::Acknowledgement {
        timeout,
        upon_expiry: match document.upon_expiry() {
            gd::UponExpiry::Proceed => cc::UponExpiry::Proceed,
            gd::UponExpiry::Abandon => cc::UponExpiry::Abandon,
        },
    });
    group.maximum_duration = document.maximum_duration();
    group.hang_timer = document.hang_timer();
    group.audio_cut_in = document.audio_cut_in();
    group.max_talkers = max_talkers(document);
    group.temporary = document.constituents().is_some();
    group.protect_media = document.protects_media();
    group.preconfigured_use_only = document.is_pattern_only();
    group.constituents = document.constituents().map(<[_]>::to_vec).unwrap_or_default();
    group.regrouped = document.regrouped_into().is_some();
    group.regrouped_into = document.regrouped_into().cloned();
    group
}

/// How many may talk at once. `None`: one.
fn max_talkers(document: &ListService) -> Option<u8> {
    let most = document.multi_talker().then_some(document.maximum_number_simultaneous_talkers)?;
    most.map(|most| u8::try_from(most).unwrap_or(u8::MAX))
}

fn member(document: &ListService, entry: &gd::Entry) -> cc::Member {
    //= 24.481-rules
    let grants = |action| document.grants(action, &entry.uri, None);
    let mut member = cc::Member::new(entry.uri.clone());
    //= 24.481-priority
    member.user_priority = entry.priority();
    member.required = entry.is_required();
    member.receive_only = entry.is_receive_only();
    member.participant_type = entry.participant_type.clone();
    member.multi_talker_allowed = entry.may_talk_with_others();
    member.may_initiate = grants(group_action::ALLOW_INITIATE_CONFERENCE);
    member.may_join = grants(group_action::JOIN_HANDLING);
    member.emergency_call = grants(group_action::ALLOW_MCPTT_EMERGENCY_CALL);
    member.imminent_peril_call = grants(group_action::ALLOW_IMMINENT_PERIL_CALL);
    member.emergency_alert = grants(group_action::ALLOW_MCPTT_EMERGENCY_ALERT);
    //= 24.481-conf
    member.conference_state = grants(group_action::ON_NETWORK_ALLOW_CONFERENCE_STATE);
    member.affiliation_list = grants(group_action::ON_NETWORK_ALLOW_GETTING_AFFILIATION_LIST);
    member
}
