import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { FormProblem } from '@/components/ui/form-problem';
import {
  Empty,
  ErrorState,
  Notice,
  OfflineState,
  SkeletonLines,
  StateView,
} from '@/components/ui/state-view';
import { NetworkError, ProblemError } from '@/lib/problem';
import { Sample, Samples } from './sample';

const refused = new ProblemError({
  status: 409,
  reason: 'course.changed',
  messages: { 'zh-CN': '别人刚刚改过这门课，请刷新后再改。', en: 'Someone has just changed this course.' },
  request_id: '0192f3c1',
});

const invalid = new ProblemError({
  status: 422,
  reason: 'input.invalid',
  messages: { 'zh-CN': '有 2 处需要修改。', en: 'Two things need a change.' },
  errors: [
    {
      location: 'body.title',
      reason: 'required',
      messages: { 'zh-CN': '请填写名称。', en: 'A title is needed.' },
    },
    {
      location: 'body.closes_at',
      reason: 'exam.window',
      messages: { 'zh-CN': '结束时间要晚于开始时间。', en: 'The end must come after the beginning.' },
    },
  ],
});

const missing = new ProblemError({
  status: 404,
  reason: 'course.unknown',
  messages: { 'zh-CN': '没有找到这门课程。', en: 'No such course.' },
});

const failed = {
  data: undefined,
  error: refused,
  isPending: false,
  isError: true,
  fetchStatus: 'idle',
  refetch() {},
};
const stale = { ...failed, data: '上次加载的内容还在。', error: new NetworkError('unreachable') };

/** Empty, loading, error, offline, stale. */
export function StateSamples() {
  const retry = () => {};
  return (
    <Samples title="状态">
      <Sample name="state-empty">
        <Card pad={false}>
          <Empty title="没有学到一半的课" action={<Button small>去选课</Button>}>
            选一门课开始，下次会从这里接着学。
          </Empty>
        </Card>
      </Sample>
      <Sample name="state-loading">
        <Card pad={false}>
          <SkeletonLines />
        </Card>
      </Sample>
      <Sample name="state-error">
        <Card pad={false}>
          <StateView query={failed}>{() => null}</StateView>
        </Card>
      </Sample>
      <Sample name="state-missing">
        <Card pad={false}>
          <ErrorState error={missing} />
        </Card>
      </Sample>
      <Sample name="state-offline">
        <Card pad={false}>
          <OfflineState onRetry={retry} />
        </Card>
      </Sample>
      <Sample name="state-unreachable">
        <Card pad={false}>
          <ErrorState error={new NetworkError('unreachable')} onRetry={retry} />
        </Card>
      </Sample>
      <Sample name="state-stale">
        <Card>
          <StateView query={stale}>{(text) => <p>{text}</p>}</StateView>
        </Card>
      </Sample>
      <Sample name="notice">
        <div className="stack">
          <Notice>有 1.5 学时未计入。</Notice>
          <Notice tone="ok" icon="check">
            本题答案已保存到服务器 · 14:21:48
          </Notice>
          <Notice tone="warn" icon="offline">
            当前没有网络，答案仅在本机。
          </Notice>
          <Notice tone="accent" icon="alert">
            08:53–10:05 未计入：当时同一账号在另一台设备上播放。
          </Notice>
        </div>
      </Sample>
      <Sample name="form-problem">
        <FormProblem error={invalid} shown={['title']} />
      </Sample>
    </Samples>
  );
}
