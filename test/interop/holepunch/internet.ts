import { connect, createNamespace } from './namespaces.ts'
import type { Namespace } from './namespaces.ts'

/**
 * Where a peer can stand. The addresses have to look public, because both sides of a punch leave out all others, those that are reserved for
 * documentation too; they are seen inside the namespaces only.
 */
export interface Internet {
  /** The backbone's router, 7.7.0.1: where the relay is. */
  readonly relay: Namespace
  /** Reachable by everyone, 7.7.3.2. */
  readonly open: Namespace
  /** Behind routers of their own, 7.7.1.2 and 7.7.2.2. */
  readonly homeA: Namespace
  readonly homeB: Namespace
}

export const RELAY_ADDRESS = '7.7.0.1'
export const OPEN_ADDRESS = '7.7.3.2'

/**
 * A home router: outgoing connections keep their port when it is free, so one port has one mapping whoever is spoken to (endpoint-independent
 * mapping); what comes in is let through only as an answer (address- and port-dependent filtering), and is dropped in silence otherwise.
 */
const HOME_ROUTER = `
table ip home {
  chain out { type nat hook postrouting priority srcnat; oifname "wan" masquerade; }
  chain pass { type filter hook forward priority filter; policy drop; iifname "lan" accept; ct state established,related accept; }
  chain own { type filter hook input priority filter; policy accept; iifname "wan" ct state new,invalid drop; }
}`

/** Lays all cables. `removeNamespaces` takes everything away again. */
export function createInternet (): Internet {
  const relay = createNamespace('relay')
  relay.address(`${RELAY_ADDRESS}/32`, 'lo')
  relay.forward()
  const open = createNamespace('open')
  connect([relay, 'open'], [open, 'wan'])
  relay.address('7.7.3.1/24', 'open')
  open.address(`${OPEN_ADDRESS}/24`, 'wan')
  open.gateway('7.7.3.1')
  return { relay, open, homeA: home(relay, 'a', 1), homeB: home(relay, 'b', 2) }
}

/** A host behind a router behind the backbone. */
function home (backbone: Namespace, label: string, net: number): Namespace {
  const router = createNamespace(`router-${label}`)
  const host = createNamespace(`home-${label}`)
  connect([backbone, `home-${label}`], [router, 'wan'])
  connect([router, 'lan'], [host, 'eth'])
  backbone.address(`7.7.${net}.1/24`, `home-${label}`)
  router.address(`7.7.${net}.2/24`, 'wan')
  router.gateway(`7.7.${net}.1`)
  router.address(`192.168.${net}.1/24`, 'lan')
  router.forward()
  router.rules(HOME_ROUTER)
  host.address(`192.168.${net}.2/24`, 'eth')
  host.gateway(`192.168.${net}.1`)
  return host
}
