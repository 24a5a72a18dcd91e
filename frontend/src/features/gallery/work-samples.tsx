import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { ConfirmWithReason } from '@/components/ui/confirm-with-reason';
import { Dialog } from '@/components/ui/dialog';
import { JobProgress } from '@/components/ui/job-progress';
import { toast } from '@/components/ui/toast';
import { UploadProgress } from '@/components/ui/upload-progress';
import { Sample, Samples } from './sample';

const GB = 1024 ** 3;
const file = { filename: '党章总纲导读（二）-高清原片-2026-11-20.mp4', size: 3.2 * GB };

/** Long work, and deeds that ask first or can be undone. */
export function WorkSamples() {
  const noop = () => {};
  const [open, setOpen] = useState<'confirm' | 'dialog'>();
  return (
    <Samples title="进度与确认">
      <Sample name="upload">
        <div className="stack">
          <UploadProgress
            {...file}
            sent={1.4 * GB}
            state="sending"
            rate={11 * 1024 ** 2}
            onPause={noop}
            onCancel={noop}
          />
          <UploadProgress {...file} sent={1.4 * GB} state="paused" onResume={noop} onCancel={noop} />
          <UploadProgress {...file} sent={1.4 * GB} state="waiting" onCancel={noop} />
          <UploadProgress {...file} sent={file.size} state="done" />
          <UploadProgress
            {...file}
            sent={0.2 * GB}
            state="failed"
            problem="这个文件不是视频，请换一个。"
            onCancel={noop}
          />
        </div>
      </Sample>
      <Sample name="job">
        <div className="stack">
          <JobProgress title="导出：学时审核（243 人）" label="导出进度" state="waiting" />
          <JobProgress
            title="导出：学时审核（243 人）"
            label="导出进度"
            state="running"
            percent={43}
            detail="正在写入第 105 行"
          />
          <JobProgress
            title="导出：学时审核（243 人）"
            label="导出进度"
            state="done"
            actions={<Button small>下载</Button>}
          />
          <JobProgress
            title="转码：党章总纲导读（二）"
            label="转码进度"
            state="failed"
            percent={62}
            detail="画面大小超过 4096×2304，请先缩小。"
            actions={<Button small>重试</Button>}
          />
        </div>
      </Sample>
      <Sample name="confirm">
        <div className="row wrap">
          <Button kind="danger" onClick={() => setOpen('confirm')}>
            撤销发布
          </Button>
          <Button onClick={() => setOpen('dialog')}>退出登录</Button>
          <Button onClick={() => toast('已退休 3 道试题', noop)}>退休试题</Button>
        </div>
        <ConfirmWithReason
          open={open === 'confirm'}
          title="撤销发布“党章总纲导读”？"
          verb="撤销发布"
          withReason
          onClose={() => setOpen(undefined)}
          onConfirm={() => Promise.resolve()}
        >
          243 名学员将暂时看不到这门课，已得学时不受影响。
        </ConfirmWithReason>
        <Dialog
          open={open === 'dialog'}
          title="退出登录？"
          onClose={() => setOpen(undefined)}
          footer={
            <Button kind="primary" onClick={() => setOpen(undefined)}>
              退出登录
            </Button>
          }
        >
          已保存的学习记录和答卷不受影响。
        </Dialog>
      </Sample>
    </Samples>
  );
}
