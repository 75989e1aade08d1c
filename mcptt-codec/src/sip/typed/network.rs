//! What the network adds.

use super::accessors;
use crate::sip::field::{
    AccessNetwork, ChargingVector, Mechanism, ParamList, PriorityShare, ResourceShare, VisitedNetwork,
};

accessors! {
    /// P-Access-Network-Info.
    list access_networks: AccessNetwork = PAccessNetworkInfo;
    /// P-Visited-Network-ID.
    list visited_networks: VisitedNetwork = PVisitedNetworkId;
    /// P-Charging-Vector.
    field charging_vector: ChargingVector = PChargingVector;
    /// P-Charging-Function-Addresses.
    field charging_functions: ParamList = PChargingFunctionAddresses;
    /// Security-Client.
    list security_client: Mechanism = SecurityClient;
    /// Security-Server.
    list security_server: Mechanism = SecurityServer;
    /// Security-Verify.
    list security_verify: Mechanism = SecurityVerify;
    /// Resource-Share.
    field resource_share: ResourceShare = ResourceShare;
    /// Priority-Share.
    field priority_share: PriorityShare = PriorityShare;
    /// Flow-Timer, in seconds.
    field flow_timer: u32 = FlowTimer;
}
