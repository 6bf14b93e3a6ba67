/**
 * What a node answers over HTTP while another one works: that it is well, that it is not ready, and nothing else. So a
 * balancer can ask both nodes, and the ports are open already when this one takes over.
 */
import type { Report, ReportName } from '../../api/rpc/frames.ts';
import type { WebHost } from '../../api/server/web-process.ts';
import { RpcError } from '../../base/errors.ts';

/** The name of the node that works; empty while none does. */
type HolderOf = () => string;

/** Who answers the web process of a standby. Strangers are not told which node works. */
export function standbyHost(holder: HolderOf): WebHost {
  const elsewhere = (): RpcError =>
    new RpcError(
      'NODE_IS_STANDBY',
      'This node is the standby of a pair: another one works. Ask there, or here again in a moment',
    );
  return {
    dispatcher: {
      call: () => Promise.resolve({ error: elsewhere(), is_refusal: false }),
      judge: () => Promise.resolve(elsewhere()),
    },
    subscribe: () => () => {},
    question: () => Promise.reject(elsewhere()),
    report: (what) => Promise.resolve(reportOf(what, holder)),
  };
}

const METRICS = `# HELP till_standby 1 while this node waits to take over, else 0.
# TYPE till_standby gauge
till_standby 1
`;

/** It lives, whoever works and whether the database can be read now; it is ready once it works. */
function reportOf(what: ReportName, holder: HolderOf): Report {
  if (what === 'metrics') {
    return { status: 200, content_type: 'text/plain; version=0.0.4; charset=utf-8', body: METRICS };
  }
  const is_ready = what === 'liveness';
  const problem =
    holder() === ''
      ? 'this node is the standby of a pair, and no node works at the moment'
      : `this node is the standby of a pair: ${holder()} works`;
  return {
    status: is_ready ? 200 : 503,
    content_type: 'application/json',
    body: JSON.stringify({
      status: is_ready ? 'ok' : 'not ok',
      reason: 'standby',
      problems: is_ready ? [] : [problem],
    }),
  };
}
