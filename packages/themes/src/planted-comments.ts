/** Comments of four planted themes, Chinese and English, for tests: every combination of an opening and a fault. */
export function plantedComments(): { texts: string[]; labels: number[] } {
  const faults = [
    ['快递太慢', '快递一直不动', '快递配送晚了三天', '快递包裹没有送达', '快递员配送超时', '快递物流不更新'],
    ['退款没有到账', '申请退款被拒绝', '退货退款运费太高', '退款流程很麻烦', '退货退款拖了一周', '退款金额不对'],
    [
      'the app crashes at login',
      'the app login page keeps crashing',
      'app freezes after login',
      'password reset in the app fails',
      'the app shows a login error',
      'app update broke the login screen',
    ],
    [
      'the price of the plan went up again',
      'monthly plan price is too expensive',
      'price of the plan doubled',
      'expensive plan for what it offers',
      'the plan price increase is too much',
      'a cheaper plan would be fair',
    ],
  ];
  const openings = [
    ['上周买的', '真的', '第二次了', '这次'],
    ['Honestly', 'For weeks now', 'As a customer', 'Again'],
  ];
  const texts: string[] = [];
  const labels: number[] = [];
  faults.forEach((themed, label) => {
    for (const fault of themed) {
      for (const opening of openings[label >> 1]!) {
        texts.push(label < 2 ? `${opening}，${fault}` : `${opening}, ${fault}.`);
        labels.push(label);
      }
    }
  });
  return { texts, labels };
}
