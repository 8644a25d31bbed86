export { createConnector } from './connector.ts'
export type { Connector, ConnectorOptions } from './connector.ts'
export { backoff, planDials } from './dial-plan.ts'
export type { Candidate, DialPlanOptions } from './dial-plan.ts'
